"""The policies that are compared: ours is a program, the others re-state published behaviour."""
from .hpa import HpaCpu
from .keda import KedaRedisList
from .knative import Knative
from .naive import NaiveStep
from .program import Program

OURS = "ours"
ORACLE = "oracle"
PEERS = {
    "keda_default": KedaRedisList,
    "keda_tuned": lambda: KedaRedisList("keda_tuned", list_length=30, polling=5.0, cooldown=120.0, down_window=60.0),
    "hpa_cpu70": HpaCpu,
    "naive_step": NaiveStep,
    "knative_like": Knative,
}


def make(name, command):
    """The policy of this name, new."""
    return Program(command) if name == OURS else PEERS[name]()
