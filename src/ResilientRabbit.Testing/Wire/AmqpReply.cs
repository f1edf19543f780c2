namespace ResilientRabbit.Testing.Wire;

/// <summary>Reply codes of AMQP 0-9-1 (section 1.2 of its specification) as RabbitMQ uses them.</summary>
internal static class AmqpReply
{
    public const ushort Success = 200;
    public const ushort ContentTooLarge = 311;
    public const ushort NoRoute = 312;
    public const ushort NoConsumers = 313;
    public const ushort ConnectionForced = 320;
    public const ushort InvalidPath = 402;
    public const ushort AccessRefused = 403;
    public const ushort NotFound = 404;
    public const ushort ResourceLocked = 405;
    public const ushort PreconditionFailed = 406;
    public const ushort FrameError = 501;
    public const ushort SyntaxError = 502;
    public const ushort CommandInvalid = 503;
    public const ushort ChannelError = 504;
    public const ushort UnexpectedFrame = 505;
    public const ushort ResourceError = 506;
    public const ushort NotAllowed = 530;
    public const ushort NotImplemented = 540;
    public const ushort InternalError = 541;
}
