-- Planned once a connection and not at each commit, and by keys whatever the tables' statistics say: what a commit costs
-- does not grow with the store.
ALTER FUNCTION commit_batch SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION commit_batch SET enable_seqscan = off;
ALTER FUNCTION commit_batch SET enable_hashjoin = off;
ALTER FUNCTION commit_batch SET enable_mergejoin = off;
