"""Queues that wake workers: the database's, or Valkey's (or Redis's) where QUEUE_URL names one."""
