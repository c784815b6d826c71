"""The national case (监测个案), pure: states and legal moves, clocks, risks and classes."""
