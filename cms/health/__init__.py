"""How the whole chain stands: for operators, for cron and for Prometheus."""
