// Each test floods a server and measures; side by side they would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
