"""When things run: the schedule, the lease, the worker, the outbox relay. No work of its own."""
