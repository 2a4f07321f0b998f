"""Fakes of every port and a scripted model endpoint, for task authors' tests too."""
