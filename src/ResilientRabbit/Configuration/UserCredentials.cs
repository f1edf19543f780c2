namespace ResilientRabbit.Configuration;

/// <summary>A user and a password; only the user is ever shown.</summary>
internal sealed record UserCredentials(string UserName, string Password)
{
    public override string ToString() => UserName + ":***";
}
