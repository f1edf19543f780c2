namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The types of oslo.config that occur here.</summary>
internal enum OsloKind
{
    Text,
    Flag,
    Integer,
    Number,
    Port,
    List,
    Repeated,
}
