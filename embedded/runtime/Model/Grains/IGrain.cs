using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Anything a call can be addressed to: a grain, or a reference to one.</summary>
    public interface IAddressable;
}

namespace Orleans
{
    /// <summary>The root of every grain interface. Its methods return <see cref="Task"/>, <see cref="ValueTask"/> or their generic forms.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain whose primary key is a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>A grain whose primary key is a 64-bit integer.</summary>
    public interface IGrainWithIntegerKey : IGrain;
}
