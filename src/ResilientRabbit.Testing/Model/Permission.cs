namespace ResilientRabbit.Testing.Model;

/// <summary>What a user wants to do with an entity.</summary>
internal enum Permission
{
    Configure,
    Write,
    Read,
}
