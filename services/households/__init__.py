"""The households service (农户): the register, the cases alerts open on it, and the tasks that check them."""
