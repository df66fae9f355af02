"""The committed data set of cities."""

from zoneinfo import available_timezones

from tests.factories import CITIES
from ticketing_app.events.service.city_data import SOURCE, read_cities

ALL = list(read_cities())


class TestCities:
    def test_are_many_in_a_small_file(self) -> None:
        assert len(ALL) > 60_000
        assert len({city.id for city in ALL}) == len(ALL)
        assert SOURCE.stat().st_size < 3_000_000

    def test_have_time_zones_that_python_knows(self) -> None:
        assert {city.timezone for city in ALL} <= available_timezones()

    def test_have_valid_places(self) -> None:
        assert all(len(city.country) == 2 and city.name for city in ALL)
        assert all(-90 <= city.latitude <= 90 and -180 <= city.longitude <= 180 for city in ALL)

    def test_have_other_names_in_latin_letters(self) -> None:
        [munich] = [city for city in ALL if city.id == CITIES["Munich"][0]]
        assert (munich.name, munich.country, munich.timezone) == ("Munich", "DE", "Europe/Berlin")
        assert {"München", "Monaco di Baviera"} <= set(munich.other_names)

    def test_include_those_of_the_factories(self) -> None:
        known = {city.id: (city.name, city.country, city.timezone) for city in ALL}
        for name, (city_id, country, timezone, *_) in CITIES.items():
            assert known[city_id] == (name, country, timezone)
