namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>The configuration files of OpenStack's services as Debian ships them: unpacked by .ci/prerequisites.sh, or installed.</summary>
internal static class ShippedFiles
{
    /// <summary>Where the packages are unpacked when <c>RR_OPENSTACK_FILES</c> does not say it.</summary>
    private static readonly string[] Roots = [Environment.GetEnvironmentVariable("RR_OPENSTACK_FILES") ?? ""];

    public static IReadOnlyList<string> Names { get; } =
        ["nova-common/nova.conf", "neutron-common/neutron.conf", "glance-common/glance-api.conf", "cinder-common/cinder.conf", "ceilometer-common/ceilometer.conf"];

    /// <summary>Null when all are there, else the reason why not.</summary>
    public static string? MissingPrerequisite
        => Names.FirstOrDefault(static name => Find(name) is null) is { } missing
            ? $"Debian's {missing} is not there; test.sh unpacks it, or set RR_OPENSTACK_FILES to a folder with usr/share/{missing}."
            : null;

    public static string? Find(string name)
        => Roots.Where(static root => root.Length > 0).Append(DefaultRoot).Append("/")
            .Select(root => Path.Combine(root, "usr", "share", name)).FirstOrDefault(File.Exists);

    // artifacts/openstack of the repository: the test program is in artifacts/bin/name/release.
    private static string DefaultRoot => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "openstack"));
}
