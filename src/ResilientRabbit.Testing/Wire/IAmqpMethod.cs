namespace ResilientRabbit.Testing.Wire;

/// <summary>A method that can be read from and written to a method frame.</summary>
/// <typeparam name="TSelf">The method itself: static members, so that nothing is boxed on the way of a message.</typeparam>
internal interface IAmqpMethod<TSelf>
    where TSelf : struct, IAmqpMethod<TSelf>
{
    static abstract AmqpMethod Id { get; }

    static abstract TSelf Read(ref WireReader reader);

    void Write(WireWriter writer);
}
