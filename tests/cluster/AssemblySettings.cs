using System.Runtime.Versioning;

// Each test starts processes and loads both cores; side by side they would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Signals, modes of files, network namespaces.
[assembly: SupportedOSPlatform("linux")]
