namespace CodeSigning.Embedded.Engine;

/// <summary>The activations that serve one key of a stateless worker: an idle one is preferred, then a new one, then the least loaded.</summary>
internal sealed class StatelessWorkers(GrainClass grainClass, string key, int max)
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];

    internal void Send(GrainCall call)
    {
        while (!Choose().TryAccept(call))
        {
            // It ended in between, and has left.
        }
    }

    internal void Leave(Activation worker)
    {
        lock (_gate)
            _workers.Remove(worker);
    }

    internal Activation[] Snapshot()
    {
        lock (_gate)
            return [.. _workers];
    }

    private Activation Choose()
    {
        lock (_gate)
        {
            Activation? least = null;
            foreach (var worker in _workers)
            {
                if (worker.Load == 0)
                    return worker;
                if (least is null || worker.Load < least.Load)
                    least = worker;
            }

            if (least is not null && _workers.Count == max)
                return least;
            var added = new Activation(grainClass, key);
            _workers.Add(added);
            return added;
        }
    }
}
