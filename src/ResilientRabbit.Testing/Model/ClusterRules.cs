namespace ResilientRabbit.Testing.Model;

/// <summary>
/// Where queues live and what becomes of them when nodes come and go. There is no detection time in this model: a word of the test that takes a
/// node away is known to all others at once.
/// </summary>
internal sealed class ClusterRules(BrokerModel model)
{
    /// <summary>Name patterns of classic queues that are mirrored; null when none is.</summary>
    public Func<string, bool>? IsMirrored { get; set; }

    /// <summary>Where a new queue goes.</summary>
    public QueuePlacement Place(string name, QueueSettings settings, bool exclusive, ModelNode node)
    {
        List<ModelNode> members = [node];
        bool mirrored = !settings.IsQuorum && !exclusive && IsMirrored?.Invoke(name) == true;
        if (settings.IsQuorum || mirrored)
        {
            members.AddRange(model.Nodes.Where(other => !ReferenceEquals(other, node) && (settings.IsQuorum || Reaches(node, other))));
        }

        if (settings.IsQuorum && QueueArguments.Long(settings.Arguments, "x-quorum-initial-group-size") is { } size && size < members.Count)
        {
            members.RemoveRange((int)size, members.Count - (int)size);
        }

        return new QueuePlacement(settings.IsQuorum ? QueueKind.Quorum : mirrored ? QueueKind.Mirrored : QueueKind.Classic, members);
    }

    /// <summary>Whether nodes without a majority pause themselves. Two nodes cannot: each alone would be a minority.</summary>
    public bool PausesMinority { get; set; }

    /// <summary>Whether a majority of all nodes is up and reaches this one: what pause_minority asks.</summary>
    public bool HasMajority(ModelNode node) => model.Nodes.Count(other => other.IsUp && other.Group == node.Group) * 2 > model.Nodes.Count;

    /// <summary>Who has to pause now and who may go on; nobody, when nodes do not pause.</summary>
    public (List<ModelNode> Pause, List<ModelNode> Resume) Review()
    {
        List<ModelNode> pause = [];
        List<ModelNode> resume = [];
        foreach (ModelNode node in model.Nodes.Where(node => node.IsUp && PausesMinority && node.IsPaused == HasMajority(node)))
        {
            (node.IsPaused ? resume : pause).Add(node);
        }

        return (pause, resume);
    }

    /// <summary>Both are alive and in the same part of the network.</summary>
    public static bool Reaches(ModelNode node, ModelNode other) => node.IsAlive && other.IsAlive && node.Group == other.Group;

    /// <summary>Nodes went or came: every queue finds out who leads it now.</summary>
    public void Reconsider()
    {
        foreach (Queue queue in model.AllQueues())
        {
            Reconsider(queue);
        }

    }

    /// <summary>Makes another member the leader, as an operator does.</summary>
    public static void MoveLeader(Queue queue, ModelNode node)
    {
        if (!queue.Placement.Members.Contains(node) || !node.IsAlive)
        {
            throw new ArgumentException($"Node {node.Name} has no copy of {queue.Text}, or is not alive.", nameof(node));
        }

        if (!ReferenceEquals(queue.Placement.Leader, node))
        {
            Lead(queue, node);
        }
    }

    /// <summary>A node stopped: who leads now, and, when it was the last one, what nobody remembers.</summary>
    public void Stopped()
    {
        Reconsider();
        if (model.Nodes.All(static node => !node.IsAlive))
        {
            foreach (VirtualHost host in model.VirtualHosts)
            {
                host.ForgetTransient();
            }
        }
    }

    /// <summary>A node lost its memory: what it alone had and what was not written to disk is gone.</summary>
    public void Restarted(ModelNode node)
    {
        foreach (Queue queue in model.AllQueues())
        {
            List<ModelNode> members = queue.Placement.Members;
            if (queue.Placement.Kind != QueueKind.Quorum && members.Contains(node) && members.TrueForAll(member => ReferenceEquals(member, node) || !member.IsAlive))
            {
                queue.Keep(static entry => entry.Message.IsPersistent);
            }
        }
    }

    /// <summary>Finds out who leads the queue now.</summary>
    public void Reconsider(Queue queue)
    {
        if (queue.State == QueueState.Gone)
        {
            return;
        }

        if (queue.Placement.Kind == QueueKind.Quorum)
        {
            ReconsiderQuorum(queue);
        }
        else
        {
            ReconsiderClassic(queue);
        }
    }

    private static void ReconsiderQuorum(Queue queue)
    {
        QueuePlacement placement = queue.Placement;
        ModelNode? leader = placement.Members.Find(candidate =>
            placement.Members.Count(other => Reaches(candidate, other)) * 2 > placement.Members.Count
            && (ReferenceEquals(candidate, placement.Leader) || !IsFit(placement, placement.Leader)));
        if (leader is null)
        {
            queue.State = QueueState.NoMajority;
            return;
        }

        placement.Leader = leader;
        if (queue.State != QueueState.Running)
        {
            queue.State = QueueState.Running;
            queue.TakeHeld();
        }

        queue.Pump();
    }

    private static bool IsFit(QueuePlacement placement, ModelNode node) =>
        placement.Members.Count(other => Reaches(node, other)) * 2 > placement.Members.Count;

    private void ReconsiderClassic(Queue queue)
    {
        QueuePlacement placement = queue.Placement;
        ModelNode[] alive = [.. placement.Members.Where(static member => member.IsAlive)];
        if (alive.Length == 0)
        {
            GoDown(queue);
            return;
        }

        if (placement.Kind == QueueKind.Mirrored)
        {
            // A mirror that was away has thrown its copy away and joins as the youngest.
            foreach (ModelNode lost in placement.Members.Where(member => !alive.Contains(member)).ToArray())
            {
                placement.Members.Remove(lost);
            }

            placement.Members.AddRange(model.Nodes.Where(node => node.IsAlive && !placement.Members.Contains(node)));
        }

        if (queue.State == QueueState.Down)
        {
            queue.State = QueueState.Running;
            placement.Leader = alive[0];
            queue.RequeueEverything();
        }
        else if (!alive.Contains(placement.Leader))
        {
            Lead(queue, alive[0]);
        }

        queue.Pump();
    }

    private static void GoDown(Queue queue)
    {
        if (queue.State == QueueState.Down)
        {
            return;
        }

        if (!queue.IsDurable)
        {
            queue.VirtualHost.DeleteQueue(queue);
            return;
        }

        queue.State = QueueState.Down;
        queue.AnswerHeld(PublishOutcome.Rejected);
        CancelConsumers(queue, static _ => true);
    }

    private static void Lead(Queue queue, ModelNode leader)
    {
        queue.Placement.Leader = leader;
        if (queue.Placement.Kind == QueueKind.Mirrored)
        {
            CancelConsumers(queue, static consumer => consumer.CancelOnFailover);
            queue.RequeueEverything();
        }
    }

    /// <summary>Cancels consumers on the broker's side.</summary>
    public static int CancelConsumers(Queue queue, Func<Consumer, bool> which)
    {
        Consumer[] consumers = [.. queue.Consumers.All.Where(which)];
        foreach (Consumer consumer in consumers)
        {
            queue.Consumers.Remove(consumer);
            consumer.Channel.ConsumerCancelled(consumer);
        }

        return consumers.Length;
    }
}
