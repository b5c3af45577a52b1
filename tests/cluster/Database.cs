namespace CodeSigning.Cluster.Tests;

/// <summary>The databases that the product runs on.</summary>
public enum Database
{
    Sqlite,
    PostgreSql,
}
