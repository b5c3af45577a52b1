namespace CodeSigning.Silo.Tests.Storage;

/// <summary>The databases that one suite passes on.</summary>
public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}
