namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>The demo could not be run as scripted; says nothing about the messages.</summary>
internal sealed class DemoException(string message) : Exception(message);
