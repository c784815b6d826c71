"""What can go wrong with a server of our own. For the operator's console: it never reaches a client."""


class ClusterError(Exception):
    """The server cannot be started, reached or stopped. The text says what to do and holds no data of a person."""
