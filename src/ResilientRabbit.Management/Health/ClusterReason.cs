namespace ResilientRabbit.Management.Health;

/// <summary>A reason of the health check: a word for programs and a sentence for people.</summary>
internal sealed record ClusterReason(string Word, string Sentence);
