namespace ResilientRabbit.Testing.Faults;

/// <summary>When an action happens, as seen from the frame that triggers it.</summary>
internal enum FaultPosition
{
    Before,
    Instead,
    After,
}
