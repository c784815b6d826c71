"""A real single-node Apache Kafka for tests, benchmarks and development, with or without Docker."""
