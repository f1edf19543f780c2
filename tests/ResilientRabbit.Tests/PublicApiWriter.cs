using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace ResilientRabbit.Tests;

/// <summary>Writes the public and protected members of an assembly as text, in a stable order.</summary>
internal static class PublicApiWriter
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    public static string Write(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(static type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Attributes(type)).Append(Header(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (IsRecord(type) ? "record struct" : "struct"),
            _ when type.IsSubclassOf(typeof(Delegate)) => "delegate",
            _ => (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + (IsRecord(type) ? "record" : "class"),
        };
        Type[] bases = type.IsClass && type.BaseType != typeof(object) ? [type.BaseType!] : [];
        IEnumerable<string> parents = type.IsEnum
            ? []
            : bases.Concat(type.GetInterfaces()).Select(static parent => PublicApiTypeName.Of(parent)).Order(StringComparer.Ordinal);
        return $"{kind} {PublicApiTypeName.Of(type)}" + (parents.Any() ? " : " + string.Join(", ", parents) : "");
    }

    private static bool IsRecord(Type type)
        => type.GetMethod("PrintMembers", Declared) is { } method && method.IsDefined(typeof(CompilerGeneratedAttribute));

    private static IEnumerable<string> Members(Type type)
    {
        foreach (MemberInfo member in type.GetMembers(Declared).Where(static member => !member.IsDefined(typeof(CompilerGeneratedAttribute))))
        {
            string? line = member switch
            {
                FieldInfo { IsPublic: true, IsSpecialName: false } field => Field(field),
                PropertyInfo property when Accessors(property).Any() => Property(property),
                EventInfo @event when IsVisible(@event.AddMethod!) => $"event {PublicApiTypeName.Of(@event.EventHandlerType!, Nullability.Create(@event))} {@event.Name}",
                ConstructorInfo constructor when IsVisible(constructor) => $"{Access(constructor)}{type.Name.Split('`')[0]}({Parameters(constructor)})",
                MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) => Method(method),
                _ => null,
            };
            if (line is not null)
            {
                yield return Attributes(member) + line;
            }
        }
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static IEnumerable<MethodInfo> Accessors(PropertyInfo property) => property.GetAccessors(nonPublic: true).Where(IsVisible);

    private static string Access(MethodBase method) => (method.IsPublic ? "" : "protected ") + (method.IsStatic && !method.IsConstructor ? "static " : "");

    private static string Inheritance(MethodInfo method)
        => method.DeclaringType!.IsInterface ? ""
            : method.GetBaseDefinition() != method ? "override "
            : method.IsAbstract ? "abstract "
            : method is { IsVirtual: true, IsFinal: false } ? "virtual "
            : "";

    private static string Field(FieldInfo field) => field.IsLiteral
        ? $"{(field.DeclaringType!.IsEnum ? "" : "const ")}{field.Name} = {Literal(field.GetRawConstantValue())}"
        : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{PublicApiTypeName.Of(field.FieldType, Nullability.Create(field))} {field.Name}";

    private static string Property(PropertyInfo property)
    {
        MethodInfo first = Accessors(property).First();
        bool initOnly = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string accessors = string.Join(' ', Accessors(property).Select(accessor => accessor == property.GetMethod ? "get;" : initOnly ? "init;" : "set;"));
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Access(first)}{Inheritance(first)}{required}{PublicApiTypeName.Of(property.PropertyType, Nullability.Create(property))} {property.Name} {{ {accessors} }}";
    }

    private static string Method(MethodInfo method)
    {
        string generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(static type => type.Name))}>" : "";
        string result = PublicApiTypeName.Of(method.ReturnType, Nullability.Create(method.ReturnParameter));
        string constraints = string.Concat(method.GetGenericArguments().Select(Constraints));
        return $"{Access(method)}{Inheritance(method)}{result} {method.Name}{generics}({Parameters(method)}){constraints}";
    }

    private static string Constraints(Type type)
    {
        List<string> rules = [.. type.GetGenericParameterConstraints().Select(static constraint => PublicApiTypeName.Of(constraint))];
        if (type.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            rules.Insert(0, "class");
        }

        return rules.Count == 0 ? "" : $" where {type.Name} : {string.Join(", ", rules)}";
    }

    private static string Parameters(MethodBase method)
    {
        string first = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return first + string.Join(", ", method.GetParameters().Select(static parameter =>
            $"{PublicApiTypeName.Of(parameter.ParameterType, Nullability.Create(parameter))} {parameter.Name}" + (parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "")));
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Attributes(MemberInfo member)
        => string.Concat(
            // The compiler marks constructors of types with required members by itself.
            !member.IsDefined(typeof(CompilerFeatureRequiredAttribute)) && member.GetCustomAttribute<ObsoleteAttribute>() is { } obsolete ? $"[Obsolete(\"{obsolete.Message}\")] " : "",
            member.GetCustomAttribute<ExperimentalAttribute>() is { } experimental ? $"[Experimental(\"{experimental.DiagnosticId}\")] " : "",
            member.IsDefined(typeof(FlagsAttribute)) ? "[Flags] " : "");
}
