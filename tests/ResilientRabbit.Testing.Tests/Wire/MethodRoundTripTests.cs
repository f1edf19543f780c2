using System.Reflection;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Wire;

public sealed class MethodRoundTripTests
{
    private static readonly Type[] Methods =
    [
        .. typeof(AmqpBasic).Assembly.GetTypes()
            .Where(static type => type.GetInterfaces().Any(static face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IAmqpMethod<>))),
    ];

    public static TheoryData<string> Names => [.. Methods.Select(static type => type.FullName!)];

    [Fact]
    public void Each_identifier_has_a_method_and_each_method_an_identifier()
    {
        IEnumerable<AmqpMethod> have = Methods.Select(static type => (AmqpMethod)type.GetProperty("Id")!.GetValue(null)!);

        Assert.Equal(Enum.GetValues<AmqpMethod>().Where(static id => id != AmqpMethod.None).Order(), have.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_is_read_again(string name)
    {
        Type type = Methods.Single(type => string.Equals(type.FullName, name, StringComparison.Ordinal));
        typeof(MethodRoundTripTests).GetMethod(nameof(RoundTrip), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Cut_short_it_is_a_syntax_error(string name)
    {
        Type type = Methods.Single(type => string.Equals(type.FullName, name, StringComparison.Ordinal));
        typeof(MethodRoundTripTests).GetMethod(nameof(CutShort), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, null);
    }

    private static void RoundTrip<TMethod>()
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        TMethod sample = Sample<TMethod>();

        Frame frame = Written(sample);
        TMethod read = frame.Read<TMethod>();

        Assert.Equal(TMethod.Id, frame.Method);
        Assert.Equal(7, frame.Channel);
        Assert.Equal(frame.Raw.ToArray(), Written(read).Raw.ToArray());
        foreach (PropertyInfo property in typeof(TMethod).GetProperties().Where(static property => property.GetMethod!.IsStatic is false))
        {
            object? expected = property.GetValue(sample);
            Assert.Equal(expected, property.GetValue(read));
            Assert.True(expected is not (false or 0 or ""), $"{property} has no value that would be missed");
        }
    }

    private static void CutShort<TMethod>()
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        byte[] payload = Written(Sample<TMethod>()).Payload.ToArray();
        for (int length = 4; length < payload.Length; length++)
        {
            Frame cut = FrameCutter.Cut(AmqpFrames.Frame(1, 7, payload.AsSpan(0, length)), out _)[0];
            AmqpWireException error = Assert.Throws<AmqpWireException>(() => cut.Read<TMethod>());
            Assert.Equal(502, error.Code);
        }

        Frame more = FrameCutter.Cut(AmqpFrames.Frame(1, 7, [.. payload, 1]), out _)[0];
        Assert.Equal(502, Assert.Throws<AmqpWireException>(() => more.Read<TMethod>()).Code);
    }

    private static Frame Written<TMethod>(in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
        => FrameCutter.Cut(AmqpFrames.Method(7, method), out _)[0];

    // A value of its own for each parameter, so that two fields in the wrong order are found.
    private static TMethod Sample<TMethod>()
        where TMethod : struct
    {
        ConstructorInfo? constructor = typeof(TMethod).GetConstructors().OrderByDescending(static candidate => candidate.GetParameters().Length).FirstOrDefault();
        if (constructor is null || constructor.GetParameters().Length == 0)
        {
            return default;
        }

        int next = 1;
        object[] arguments = [.. constructor.GetParameters().Select(parameter => Value(parameter.ParameterType, next++))];
        return (TMethod)constructor.Invoke(arguments);
    }

    private static object Value(Type type, int number) => type.Name switch
    {
        nameof(Byte) => (byte)(number + 10),
        nameof(UInt16) => (ushort)((number * 256) + 11),
        nameof(UInt32) => (uint)((number * 65536) + 12),
        nameof(UInt64) => ((ulong)number << 40) + 13,
        nameof(Boolean) => true,
        nameof(String) => "text ü " + number,
        "Byte[]" => new byte[] { (byte)number, 0, 255 },
        nameof(AmqpTable) => new AmqpTable { ["key " + number] = number },
        _ => throw new InvalidOperationException(type.Name),
    };
}
