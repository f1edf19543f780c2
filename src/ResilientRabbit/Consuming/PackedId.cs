using System.Text;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>The message-id of one message of a pack. Where the publisher gave none for each, the id of the whole and the place in it: one id for all would make them duplicates of each other.</summary>
internal readonly record struct PackedId(PackIds? Ids, string? Whole, int Index)
{
    public string? Text
    {
        get
        {
            if (Ids is not null)
            {
                return Ids.TextOf(Index);
            }

            string? id = Whole is null ? null : FormattableString.Invariant($"{Whole}/{Index}");
            return id is not null && Encoding.UTF8.GetByteCount(id) <= PackIds.MaxIdSize ? id : null;
        }
    }
}
