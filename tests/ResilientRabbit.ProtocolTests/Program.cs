using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;

// A child does its work in a process of its own, because it may crash, hang or eat memory; everything else is the test runner.
if (args is [ChildProcess.Verb, .. var rest])
{
    return await ChildProgram.RunAsync(rest);
}

// SABOTAGES.md says what for.
if (args is ["sabotage-rows", var results, var broken])
{
    foreach (string row in SabotageRows.Of(results, broken))
    {
        Console.WriteLine(row);
    }

    return 0;
}

return args.Any(static argument => argument is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, ResilientRabbit.ProtocolTests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
