using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

/// <summary>What this user may not read is refused with its path, and the text says that it is a matter of permission.</summary>
[SupportedOSPlatform("linux")]
public sealed class UnreadableFileTests : IDisposable
{
    // The group stays: what is open to it is open to nobody.
    private const uint Nobody = 65534;
    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
    private readonly string _folder = Directory.CreateTempSubdirectory("rr-unreadable-").FullName;

    public UnreadableFileTests() => File.SetUnixFileMode(_folder, Open);

    public void Dispose()
    {
        foreach (string folder in Directory.EnumerateDirectories(_folder))
        {
            File.SetUnixFileMode(folder, Open);
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void An_OpenStack_file_that_may_not_be_read_is_refused()
    {
        string file = Locked("nova.conf", "[DEFAULT]\nrabbit_password = " + Canary.Secret + "\n");

        IReadOnlyList<string> problems = AsNobody(() => OsloConfiguration.Load(file).Report.Problems);

        string problem = Assert.Single(problems);
        Assert.Equal($"{file}: the file cannot be read (UnauthorizedAccessException); check that it exists and that this user may read it", problem);
    }

    [Fact]
    public void A_folder_that_may_not_be_read_is_refused()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "nova.conf.d")).FullName;
        File.WriteAllText(Path.Combine(folder, "nova.conf"), "[DEFAULT]\nrabbit_host = a\n");
        File.SetUnixFileMode(folder, UnixFileMode.None);

        string problem = Assert.Single(AsNobody(() => OsloConfiguration.Load(folder).Report.Problems));
        string inside = Assert.Single(AsNobody(() => OsloConfiguration.Load(Path.Combine(folder, "nova.conf")).Report.Problems));

        Assert.Equal($"{folder}: the folder cannot be read (UnauthorizedAccessException)", problem);
        Assert.EndsWith("the file does not exist, or this user may not enter its folder", inside, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ca.pem", "CaFile")]
    [InlineData("client.pem", "CertificateFile")]
    public void A_file_of_TLS_that_may_not_be_read_is_refused(string name, string option)
    {
        string file = Locked(name, "-----BEGIN CERTIFICATE-----\n");
        var options = new ResilientRabbitOptions { Endpoints = { "node" } };
        options.Tls.Enabled = true;
        (options.Tls.CaFile, options.Tls.CertificateFile) = option is "CaFile" ? (file, null) : ((string?)null, file);

        string failure = AsNobody(() => Assert.Single(Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(() => new RabbitClient(options)).Failures));

        Assert.Equal($"ResilientRabbit:Tls:{option}: names a file that cannot be read (UnauthorizedAccessException), '{file}'", failure);
    }

    private string Locked(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.None);
        return file;
    }

    /// <summary>Runs as a user that owns nothing: to root no file is unreadable. The identity for files is one of the thread alone (setfsuid(2)), so that it needs one of its own.</summary>
    private static T AsNobody<T>(Func<T> act)
    {
        T result = default!;
        Exception? error = null;
        var thread = new Thread(() =>
        {
            _ = SetFileUser(Nobody);
            try
            {
                result = act();
            }
            catch (Exception exception)
            {
                error = exception;
            }
        });
        thread.Start();
        thread.Join();
        return error is null ? result : throw new InvalidOperationException("It failed as nobody.", error);
    }

    [DllImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetFileUser(uint user);
}
