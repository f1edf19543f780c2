using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Telemetry;

/// <summary>Tests beside which no other runs.</summary>
[CollectionDefinition(FailoverTelemetryTests.Alone, DisableParallelization = true)]
public sealed class AloneGroup;
