"""Travelling Salesperson: a tour of cities whose places nobody sees; only the way just made is told."""
