"""Needs of a number of users, from measured costs, the manifests in `k8s/` and assumptions about visitors."""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.components import POSTGRES, REDIS, WEB
from benchmarks.results import Results
from ticketing_app.core.server import MAX_CONNECTIONS
from ticketing_app.core.settings import Settings
from ticketing_app.devstack.stack import ROOT
from ticketing_app.ui.live.broadcast import PAUSE_SECONDS

K8S = ROOT / "k8s"
DAY = 86_400
MONTH = 30
MEGABYTE = 2**20
GIGABYTE = 2**30


class Assumptions(NamedTuple):
    """The numbers that are neither measured nor in the manifests."""

    visits_per_user_and_day: float = 0.2
    documents_per_visit: float = 8
    searches_per_visit: float = 2
    minutes_per_visit: float = 6
    orders_per_visit: float = 0.03
    share_of_orders_paid: float = 0.6
    tickets_per_order: int = 2
    peak_to_mean_of_a_day: float = 8
    share_of_users_in_a_rush: float = 0.02
    share_of_them_who_press_purchase_in_its_first_minute: float = 0.25
    share_of_pages_that_show_each_change: float = 0.2
    utilisation: float = 0.6
    web_process_megabytes: int = 180
    postgres_cores: int = 8
    postgres_connections: int = 100
    postgres_gigabytes_for_a_year: int = 500
    outbox_rows_of_one_table: int = 50_000_000
    redis_gigabytes: int = 4
    kilobytes_of_a_document: float = 20
    ingress_megabits: int = 1_000


class Deployment(NamedTuple):
    """Sizes of `k8s/base` and `k8s/worker`, and defaults of settings."""

    web_pods: int
    web_surge: int
    web_cores: float
    web_megabytes: float
    worker_pods: int
    worker_surge: int
    pool_size: int
    sockets_per_process: int


def read_deployment() -> Deployment:
    web = (K8S / "base/web.yaml").read_text()
    worker = (K8S / "worker/worker.yaml").read_text()
    # The container is behind its init container.
    cores, megabytes = re.findall(r"limits: {cpu: \"?([\d.]+)\"?, memory: (\d+)Mi}", web)[-1]
    return Deployment(
        web_pods=_read("maxReplicas", web),
        web_surge=_read("maxSurge", web),
        web_cores=float(cores),
        web_megabytes=float(megabytes),
        worker_pods=_read("replicas", worker),
        worker_surge=_read("maxSurge", worker),
        pool_size=Settings.model_fields["database_pool_size"].default,
        sockets_per_process=MAX_CONNECTIONS,
    )


def _read(name: str, text: str) -> int:
    found = re.search(rf"{name}: (\d+)", text)
    if found is None:
        raise KeyError(name)
    return int(found[1])


class Costs:
    """Measured by `benchmarks.growth`: seconds of CPU, bytes. Raises KeyError for a missing one."""

    def __init__(self, found: Results, tickets_per_order: int) -> None:
        self._found = found
        self._quantity = tickets_per_order
        self.document_web, self.document_postgres = self._read_document("event page")
        self.search_web, self.search_postgres = self._read_document("search")
        deliveries = self._points("pages", "delivery")
        most = max(deliveries)
        fewest = min(deliveries)
        self.delivery = deliveries[most] / 1e6
        # Without pages: each web process reads every change from the stream.
        self.change = max(0.0, fewest * (deliveries[fewest] - deliveries[most]) / 1e6)
        self.page_bytes = 1024 * self._largest("pages", "web process")
        self.state_bytes = 1024 * self._largest("pages", "state in Redis")
        growth = found.benchmarks["growth"]
        self.stored_bytes = 1024 * growth.figure("stored by an order").measured
        self.events = growth.figure("domain events of an order").measured

    def order(self, step: str, component: str) -> float:
        points = self._points("order", f"{step}, {component}")
        return points[self._quantity] / 1000

    def _read_document(self, name: str) -> tuple[float, float]:
        """Return the costs in web process and PostgreSQL of the largest market."""
        both = self._largest("tickets", name) / 1000
        postgres = self._largest("tickets", f"{name}, {POSTGRES}") / 1000
        return both - postgres, postgres

    def _largest(self, series: str, name: str) -> float:
        points = self._points(series, name)
        return points[max(points)]

    def _points(self, series: str, name: str) -> dict[float, float]:
        points = self._found.points("growth", series)[name]
        return {x: figure.measured for x, figure in points.items()}


class Load(NamedTuple):
    """The busiest second, in which the sale of a popular event begins. All but the last two are per second."""

    visits: float
    documents: float
    searches: float
    holds: float
    completions: float
    changes: float
    deliveries: float
    open_pages: float
    orders_per_day: float


class Limit(NamedTuple):
    """A need that grows with users, and the size of the deployment."""

    name: str
    unit: str
    need: Callable[[float], float]
    have: float


def calculate_load(users: float, assumed: Assumptions) -> Load:
    visits_per_day = users * assumed.visits_per_user_and_day
    visits = visits_per_day / DAY * assumed.peak_to_mean_of_a_day
    orders = visits * assumed.orders_per_visit
    completions = orders * assumed.share_of_orders_paid
    rush = users * assumed.share_of_users_in_a_rush
    rush_holds = rush * assumed.share_of_them_who_press_purchase_in_its_first_minute / 60
    pages = visits * assumed.minutes_per_visit * 60
    # A page gets all changes of a pause in one message.
    most = 1 / PAUSE_SECONDS
    listed = min(orders + completions, most) * pages
    return Load(
        visits=visits,
        documents=visits * (assumed.documents_per_visit - assumed.searches_per_visit) + rush / 60,
        searches=visits * assumed.searches_per_visit,
        holds=orders + rush_holds,
        completions=completions,
        changes=orders + completions + rush_holds,
        deliveries=listed * assumed.share_of_pages_that_show_each_change
        + min(rush_holds, most) * rush,
        open_pages=pages + rush,
        orders_per_day=visits_per_day * assumed.orders_per_visit,
    )


class Model:
    """Needs of the deployment by the number of users."""

    def __init__(self, costs: Costs, assumed: Assumptions) -> None:
        self._costs = costs
        self._deployment = read_deployment()
        self._assumed = assumed

    def limits(self) -> list[Limit]:
        have = self._deployment
        assumed = self._assumed
        rows = assumed.outbox_rows_of_one_table
        year = assumed.postgres_gigabytes_for_a_year
        return [
            Limit("web pods for CPU", "", self._pods_for_cpu, have.web_pods),
            Limit("web pods for memory", "", self._pods_for_memory, have.web_pods),
            Limit("changes that each web process reads", "cores", self._reading, have.web_cores),
            Limit("PostgreSQL, CPU", "cores", self._postgres, assumed.postgres_cores),
            Limit("PostgreSQL, connections", "", self._connections, assumed.postgres_connections),
            Limit("PostgreSQL, a year of orders", "GB", self._year, year),
            Limit("outbox, 30 days", "rows", self._outbox, rows),
            Limit("relay", "cores", lambda users: self._orders(users, "relay"), 1),
            Limit("other roles of the worker", "cores", self._workers, have.worker_pods),
            Limit("Redis, CPU", "cores", lambda users: self._orders(users, REDIS), 1),
            Limit("Redis, state of pages", "GB", self._state, assumed.redis_gigabytes),
            Limit("ingress", "Mbit/s", self._traffic, assumed.ingress_megabits),
        ]

    def usable(self, limit: Limit) -> float:
        """Return the usable share of cores; counts and sizes include their reserve."""
        return limit.have * (self._assumed.utilisation if limit.unit == "cores" else 1)

    def _load(self, users: float) -> Load:
        return calculate_load(users, self._assumed)

    def pods(self, users: float) -> float:
        return max(self._pods_for_cpu(users), self._pods_for_memory(users))

    def _pods_for_cpu(self, users: float) -> float:
        load = self._load(users)
        costs = self._costs
        cores = (
            load.documents * costs.document_web
            + load.searches * costs.search_web
            + load.deliveries * costs.delivery
            + self._orders(users, WEB)
        )
        usable = self._deployment.web_cores * self._assumed.utilisation
        return max(2, math.ceil(cores / usable))

    def _pods_for_memory(self, users: float) -> float:
        total = self._deployment.web_megabytes * self._assumed.utilisation
        usable = (total - self._assumed.web_process_megabytes) * MEGABYTE
        pages = min(usable / self._costs.page_bytes, self._deployment.sockets_per_process)
        return max(2, math.ceil(self._load(users).open_pages / pages))

    def _reading(self, users: float) -> float:
        return self._load(users).changes * self._costs.change

    def _postgres(self, users: float) -> float:
        load = self._load(users)
        costs = self._costs
        reads = load.documents * costs.document_postgres + load.searches * costs.search_postgres
        return reads + self._orders(users, POSTGRES)

    def _connections(self, users: float) -> float:
        """Return how many connections all processes may open during a rollout."""
        have = self._deployment
        # Jobs, consumer and outside have pools; the relay opens two, the scheduler one.
        worker = 3 * have.pool_size + 3
        pods = self.pods(users) + have.web_surge
        return pods * have.pool_size + (have.worker_pods + have.worker_surge) * worker

    def _year(self, users: float) -> float:
        return 365 * self._load(users).orders_per_day * self._costs.stored_bytes / GIGABYTE

    def _outbox(self, users: float) -> float:
        return MONTH * self._load(users).orders_per_day * self._costs.events

    def _workers(self, users: float) -> float:
        return self._orders(users, "jobs", "consumer", "outside")

    def _state(self, users: float) -> float:
        return self._load(users).open_pages * self._costs.state_bytes / GIGABYTE

    def _traffic(self, users: float) -> float:
        load = self._load(users)
        return (load.documents + load.searches) * self._assumed.kilobytes_of_a_document * 8 / 1000

    def _orders(self, users: float, *components: str) -> float:
        """Return the cores that these components use for orders."""
        load = self._load(users)
        costs = self._costs
        return sum(
            load.holds * costs.order("hold", each)
            + load.completions * costs.order("completion", each)
            for each in components
        )
