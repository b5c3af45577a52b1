using CodeSigning.Grains.States;

namespace CodeSigning.Silo.Ledger.Commits;

/// <summary>A state as it will stand: the version it gets and its seal; version and seal are void for a deletion.</summary>
internal readonly record struct SealedWrite(StateWrite Write, long Version, byte[] Seal);
