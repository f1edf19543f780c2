namespace ResilientRabbit;

/// <summary>Says what became of a key of an OpenStack configuration file.</summary>
public enum OsloKeyFate
{
    /// <summary>The value has the same effect as in oslo.messaging.</summary>
    Applied,

    /// <summary>The value has an effect that is not quite oslo's; <see cref="OsloReportLine.Effect"/> says the rule.</summary>
    Translated,

    /// <summary>The key is known and changes nothing here; <see cref="OsloReportLine.Effect"/> says why.</summary>
    WithoutEffect,

    /// <summary>Another value of the same option wins: a later file, an environment variable, the query of the transport URL, or a newer name.</summary>
    Overridden,

    /// <summary>The key stands in a section of oslo.messaging and is no option of it; oslo ignores it, too.</summary>
    Unknown,

    /// <summary>The value cannot be used; see <see cref="OsloConfigurationReport.Problems"/>.</summary>
    Refused,
}
