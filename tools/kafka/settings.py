"""Settings of a single-node KRaft broker (combined mode) that starts fast and forgets nothing."""

CLUSTER_ID = "c2hvdXdhbmdrYWZrYTAwMQ"  # base64 of 16 bytes, as Kafka writes its ids


def node_settings(*, port: int, controller_port: int, bind: str) -> dict[str, str]:
    """server.properties of a node that listens on `bind` and that clients reach at 127.0.0.1:`port`."""
    return {
        "node.id": "1",
        "process.roles": "broker,controller",
        "listeners": f"PLAINTEXT://{bind}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        # A forgotten topic must fail loudly here as it does in production.
        "auto.create.topics.enable": "false",
        "num.partitions": "6",
        # One node: nothing can be replicated, and few partitions of Kafka's own topics start faster.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "3",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "3",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # A lone consumer group needs no wait for company; tests of dead members need short sessions.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        # After SIGKILL the returning broker is refused until its old session is over (default 9 s).
        "broker.session.timeout.ms": "1500",
        "broker.heartbeat.interval.ms": "400",
        # The default takes 128 MB of a small heap.
        "log.cleaner.dedupe.buffer.size": "4194304",
    }
