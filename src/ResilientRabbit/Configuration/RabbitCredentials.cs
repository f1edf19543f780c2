namespace ResilientRabbit;

/// <summary>A user name and a password, and until when they are valid. The password is never part of <see cref="ToString"/>.</summary>
/// <remarks>Immutable.</remarks>
public sealed class RabbitCredentials
{
    /// <summary>Initializes the credentials.</summary>
    /// <param name="userName">The user name.</param>
    /// <param name="password">The password or token.</param>
    /// <param name="expiresAt">When the broker stops accepting them; <see langword="null"/> when that is not known. Live connections are given the provider's next secret at four fifths of the time that is left.</param>
    /// <exception cref="ArgumentException">The user name or the password is empty or contains the NUL character.</exception>
    public RabbitCredentials(string userName, string password, DateTimeOffset? expiresAt = null)
    {
        ThrowIfUnusable(userName, nameof(userName));
        ThrowIfUnusable(password, nameof(password));
        UserName = userName;
        Password = password;
        ExpiresAt = expiresAt;
    }

    /// <summary>Gets the user name.</summary>
    public string UserName { get; }

    /// <summary>Gets the password or token.</summary>
    public string Password { get; }

    /// <summary>Gets when the broker stops accepting them, or <see langword="null"/> when that is not known.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Returns the user name.</summary>
    /// <returns>For example <c>nova:***</c>.</returns>
    public override string ToString() => UserName + ":***";

    private static void ThrowIfUnusable(string? value, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            // NUL separates user and password in SASL PLAIN.
            throw new ArgumentException("The value must not contain the NUL character.", name);
        }
    }
}
