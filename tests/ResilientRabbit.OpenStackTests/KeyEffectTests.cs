using System.Reflection;
using ResilientRabbit.Configuration.OpenStack;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>No key with an effect without a test that sees it.</summary>
public sealed class KeyEffectTests
{
    private static readonly (string Key, string Test)[] Effects =
    [
        .. from type in typeof(KeyEffectTests).Assembly.GetTypes()
           from method in type.GetMethods()
           where method.GetCustomAttribute<FactAttribute>() is not null && method.GetCustomAttribute<EffectOfAttribute>() is not null
           from key in method.GetCustomAttribute<EffectOfAttribute>()!.Keys
           select (key, $"{type.Name}.{method.Name}"),
    ];

    [Fact]
    public void Each_key_that_is_applied_or_translated_has_a_test_of_its_effect()
    {
        IEnumerable<string> keys = OsloOptions.All.Where(static option => option.Fate is OsloKeyFate.Applied or OsloKeyFate.Translated).Select(static option => option.FullName);

        string missing = string.Join('\n', keys.Except(Effects.Select(static effect => effect.Key), StringComparer.Ordinal));

        Assert.True(missing.Length == 0, "No test is marked with EffectOf for\n" + missing);
    }

    [Fact]
    public void Each_test_of_an_effect_names_keys_that_exist_and_writes_them()
    {
        string folder = Folder();
        Assert.All(Effects, effect =>
        {
            OsloOption option = Assert.Single(OsloOptions.All, option => string.Equals(option.FullName, effect.Key, StringComparison.Ordinal));
            string source = File.ReadAllText(Path.Combine(folder, effect.Test.Split('.')[0] + ".cs"));
            Assert.Contains(option.Names, name => source.Contains(name.Name, StringComparison.Ordinal));
        });
    }

    private static string Folder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Messaging.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder ?? throw new InvalidOperationException("The tests do not run inside the repository."), "tests", "ResilientRabbit.OpenStackTests");
    }
}
