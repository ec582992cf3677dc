"""What is counted and measured: kept in memory that workers share, told in Prometheus' text."""
