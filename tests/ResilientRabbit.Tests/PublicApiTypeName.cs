using System.Reflection;

namespace ResilientRabbit.Tests;

/// <summary>Writes types as C# does, with what is known of their nullability.</summary>
internal static class PublicApiTypeName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(byte)] = "byte",
        [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(double)] = "double",
    };

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return "ref " + Of(type.GetElementType()!, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        string name = type.IsArray ? Of(type.GetElementType()!, nullability?.ElementType) + "[]" : NameOf(type, nullability);
        return name + (nullability is { ReadState: NullabilityState.Nullable } && !type.IsValueType ? "?" : "");
    }

    private static string NameOf(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        bool isUsual = type.Namespace is null or "ResilientRabbit" || type.Namespace.Split('.')[0] is "System";
        string name = (isUsual ? "" : type.Namespace + ".") + (type.IsNested ? Of(type.DeclaringType!) + "." : "") + type.Name.Split('`')[0];
        Type[] arguments = type.GetGenericArguments();
        NullabilityInfo[] known = nullability?.GenericTypeArguments ?? [];
        return arguments.Length == 0
            ? name
            : $"{name}<{string.Join(", ", arguments.Select((argument, index) => Of(argument, index < known.Length ? known[index] : null)))}>";
    }
}
