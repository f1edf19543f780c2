using ResilientRabbit.ClusterTests.Harness;

// A child is killed by its test; everything else is the test runner.
if (args is [RetryChild.Verb, .. var rest])
{
    await RetryChild.RunAsync(rest);
    return 0;
}

return args.Any(static argument => argument is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, ResilientRabbit.ClusterTests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
