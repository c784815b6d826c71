"""School dropouts (控辍保学), pure: who owes school, the states of a case, the four legal steps, the checks of a return."""
