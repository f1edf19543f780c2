namespace ResilientRabbit.Samples.FailoverDemo;

internal static class ExitCodes
{
    public const int NothingLost = 0;
    public const int Lost = 1;
    public const int NotRun = 2;
}
