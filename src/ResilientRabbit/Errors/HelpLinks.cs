using System.Text;

namespace ResilientRabbit;

/// <summary>Where the documentation explains a failure: an entry of docs/troubleshooting.md, which is part of the package and of the repository.</summary>
internal static class HelpLinks
{
    private const string Page = "docs/troubleshooting.md";

    public static string Of(PublishFailure failure) => Of("publish", failure.ToString());

    public static string Of(ConnectionFailureReason reason) => Of("connection", reason.ToString());

    /// <summary>The entry of a subject and a name: <c>publish</c> and <c>NotSent</c> give <c>#publish-not-sent</c>.</summary>
    public static string Of(string subject, string name)
    {
        var link = new StringBuilder(Page).Append('#').Append(subject);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter))
            {
                link.Append('-');
            }

            link.Append(char.ToLowerInvariant(letter));
        }

        return link.ToString();
    }
}
