"""The vocabulary of the science: frozen, validated values."""
