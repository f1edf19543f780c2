namespace ResilientRabbit;

/// <summary>How the client proves who it is.</summary>
public enum SaslMechanism
{
    /// <summary>With user name and password.</summary>
    Plain,

    /// <summary>With the client's TLS certificate; the broker needs the plugin <c>rabbitmq_auth_mechanism_ssl</c>.</summary>
    External,
}
