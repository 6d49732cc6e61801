"""The checker of properties sees every fault: SCALING_POLICY is the program that is made faulty."""
import os
import shlex
import sys
import unittest

from simulator import properties

from .lying import FAULTS

LYING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lying.py")


@unittest.skipUnless("SCALING_POLICY" in os.environ, "SCALING_POLICY names no program: `make bench-scaling` does")
class Faults(unittest.TestCase):
    def test_every_fault_violates_the_property_that_it_is_named_after(self):
        for fault in FAULTS:
            with self.subTest(fault):
                command = shlex.join([sys.executable, LYING, fault, os.environ["SCALING_POLICY"]])
                # Hours of steady load are long to simulate, and only their own faults need them.
                groups = [g for g in properties.GROUPS if g is not properties.steady or "steady load" in fault]
                self.assertIn(fault, properties.check(command, 20, 1, groups))

    def test_every_property_has_a_fault(self):
        checker = properties.Checker(os.environ["SCALING_POLICY"])
        properties.walks(checker, properties.random.Random(1), 20)
        for group in properties.GROUPS:
            group(checker)
        self.assertEqual(set(checker.counts), set(FAULTS))
