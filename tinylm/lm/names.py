"""What a home holds: large pools of area, floor, entity and free-text names, made of words so that a model must copy, not remember.

Each word list reads "common words | rarer words"; a seeded share of the rarer words is held out: no training row ever draws a value that
holds one of them, and every held-out value holds at least one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

_LISTS = {
    "owner": "my_old our_new | emma's jack's mia's oscar's grandma's dad's mum's ruby's leo's nora's felix's hugo's ivy's theo's zoe's ada's ben's clara's "
    "dylan's elsa's finn's greta's henry's isla's jonah's kira's luca's marta's nils's olga's paul's quinn's rosa's sam's tilda's uma's victor's "
    "wendy's yusuf's alex's robin's",
    "manner": "small big left right upper lower front back main old new little | tall round corner north south east west antique brass copper cosy "
    "crooked crystal dusty folding glass golden grey hidden indigo ivory jade long marble mellow metal mint modern narrow oak outer "
    "paper pearl pine plain quiet rustic sandy scarlet silver slim square steel striped sunny tiny velvet vintage walnut wide wooden",
    "room": "kitchen bedroom living_room bathroom garage hallway office basement attic garden dining_room | balcony bar boiler_room cellar cinema "
    "conservatory corridor courtyard craft_room den dressing_room driveway entrance family_room foyer gallery game_room greenhouse guest_room gym "
    "kids_room landing laundry library loft lounge mudroom music_room nursery pantry patio playroom pool porch sauna shed spare_room staircase "
    "storage studio study sunroom terrace toilet utility_room veranda wardrobe wine_cellar workshop yard",
    "storey": "first second third ground top upper lower basement | attic bottom cellar fourth garden guest main mezzanine middle roof rooftop sixth "
    "eighth split staff street tower",
    "place": "sofa desk bed wall ceiling door window | aquarium bench bookcase cabinet chimney closet counter couch cupboard easel fireplace hearth "
    "island mirror nightstand painting piano railing rug shelf sink stage stove stairs table vanity workbench aisle alcove",
    "light": "lamp light spotlight lantern | bulb candle chandelier dimmer downlight fairy_lights floodlight floor_lamp glow halo_lamp led_strip "
    "light_bar moon_lamp night_light pendant reading_light sconce spots star_projector table_lamp torch uplight lava_lamp string_lights",
    "switch": "plug outlet coffee_machine heater | air_pump blanket boiler charger christmas_tree dehumidifier diffuser dryer fountain freezer "
    "fridge grill humidifier immersion iron kettle microwave oven pond_pump popcorn_maker power_strip printer router sewing_machine soda_maker "
    "toaster towel_rail washer water_pump waffle_iron",
    "fan": "fan ventilator | ceiling_fan cooler exhaust_fan extractor floor_fan pedestal_fan tower_fan turbine blower",
    "cover": "blinds curtain garage_door shutters | awning canopy drapes gate hatch louvre marquee roller_blind roman_shade screen skylight "
    "sunshade venetian_blind trapdoor pergola",
    "lock": "front_door back_door lock gate | bike_shed cellar_door deadbolt glass_door letterbox locker padlock safe side_door vault barn_door",
    "valve": "valve water_valve | ball_valve drip_line gas_valve irrigation main_tap radiator_valve sprinkler standpipe stopcock",
    "climate": "thermostat heater air_conditioner | boiler climate_unit convector floor_heating heat_pump radiator split_unit stove underfloor_heating",
    "media_player": "tv speaker radio | amplifier boombox bose chromecast echo_dot home_theater jukebox mini_system nest_hub projector record_player "
    "receiver sonos soundbar stereo turntable xbox playstation",
    "sensor": "temperature_sensor humidity outdoor_sensor | air_quality barometer battery co2_level dust_sensor energy_meter flow_meter gas_meter "
    "light_level moisture noise_level power_usage pressure rain_gauge smoke_level solar_output uv_index water_meter wind_speed",
    "binary_sensor": "motion_sensor door_sensor window_sensor | contact crib flood_sensor garage_sensor hatch_sensor mailbox parking_spot "
    "presence_sensor smoke_alarm tilt_sensor vibration_sensor seat",
    "vacuum": "vacuum robot roomba | cleaner dust_bunny hoover mop_bot rumbler scrubber sweeper whirly deebot dustin",
    "lawn_mower": "mower robot_mower | clipper grass_cutter hedgehog trimmer landroid automower goat",
    "todo": "shopping to-do groceries chores | birthday_gifts books_to_read camping christmas errands garden_jobs hardware_store homework "
    "meal_plan packing party pharmacy repairs school vacation weekend wish work",
    "person": "anna john maria david | amelie boris carlos dora edgar fatima george hannah igor julia kevin laila martin nadia otto priya rafael "
    "sofia tomas ulla vera walter xavier yara zoltan",
    "weather": "london paris berlin home | auckland bergen cairo dublin edinburgh florence geneva helsinki istanbul jakarta kyoto lisbon madrid "
    "nairobi oslo prague quito rome seoul tokyo utrecht vienna warsaw zagreb",
    "scene": "movie_night good_night relax reading | bedtime breakfast candlelight celebration dinner_party fireside focus_time game_day halloween "
    "late_shift lazy_sunday meditation moonlight morning_glow nap_time romance sunset tropical winter_wonderland yoga study_time",
    "script": "morning_routine leave_home bedtime_routine | alarm_test all_quiet backup_lights clean_up coffee_time door_check evening_reset fire_drill "
    "guest_welcome laundry_done lock_up night_patrol panic_mode party_start pet_feeder power_save school_run sprinkler_cycle wake_up water_plants",
    "button": "doorbell restart | bell chime emergency feeder garage_opener ignition launch panic reboot reset snooze buzzer dispenser",
    "quality": "fresh organic frozen red green | brown canned chopped cold crunchy dark diced dried grated ground half_dozen large mild pickled "
    "raw ripe roasted salted sliced smoked sour spicy sweet tinned unsalted vegan whole wholemeal",
    "food": "milk bread eggs butter apples cheese coffee | almonds asparagus avocados bacon bananas beans beef berries biscuits broccoli cabbage "
    "candles carrots celery cereal cherries chicken chocolate cider cream cucumber detergent fish flour garlic grapes ham honey jam juice kale "
    "lemons lentils lettuce mangoes mushrooms mustard napkins noodles nuts oats oil olives onions paprika pasta peaches pears peas pepper plums "
    "pork potatoes quinoa radishes raisins rice salmon salt sausages shampoo soap spinach squash sugar tea tofu tomatoes tuna vinegar walnuts yeast yogurt",
    "task": "call_mum water_the_plants buy_stamps | book_the_dentist change_the_filter clean_the_gutters feed_the_cat fix_the_bike hang_the_picture "
    "mow_the_lawn order_paint pack_lunch pay_the_rent pick_up_parcel renew_passport return_the_books send_invoice sharpen_knives sweep_the_chimney "
    "unclog_the_drain wash_the_car wax_the_skis write_a_letter",
    "timer": "pizza pasta egg tea laundry workout | bacon bath brisket broth cake casserole coffee cookie curry dishwasher dough goulash homework "
    "jogging kimchi lasagna meditation muffin nap oven parking pie plank potato pudding quiche ramen ribs rice roast salad sauna soup steak study "
    "stew turkey waffle yoga",
    "speaker": "dinner lunch breakfast the_taxi grandma the_movie | the_bus the_cake the_doctor the_electrician the_game the_guests the_mail "
    "the_match the_meeting the_neighbours the_parcel the_plumber the_show the_teacher the_train tea uncle_bob supper the_pizza",
    "event": "is_ready is_here starts_soon is_almost_done | has_arrived has_been_cancelled is_at_the_gate is_getting_cold is_in_the_oven is_late "
    "is_on_the_table is_over is_waiting_outside leaves_in_a_moment needs_help starts_at_noon will_be_delayed wants_to_talk is_served",
    "style": "best_of summer jazz rock classic | acoustic ambient baroque bluegrass celtic chill country disco dreamy electric folk funky gospel "
    "grunge indie latin lofi metal midnight opera piano punk reggae salsa samba smooth soul swing synth techno trance tropical",
    "work": "hits songs mix radio music | anthems ballads beats choir collection concert covers diaries duets essentials festival highlights hour "
    "legends lullabies marathon medley melodies nights odyssey orchestra party playlist quartet remixes rhapsody sessions sonata stories symphony "
    "tales tunes vibes",
    "zone": "work school home | airport bakery church college dentist factory farm hospital hotel kindergarten market museum park pharmacy stadium "
    "station supermarket university zoo",
    "day": "today tomorrow tonight on_monday on_friday | on_saturday on_sunday on_thursday on_tuesday on_wednesday next_month next_week this_weekend "
    "this_afternoon this_evening",
    "topic": "the_meeting the_report my_taxes | the_budget the_contract the_exam the_festival the_holiday the_interview the_invoice the_lecture the_party "
    "the_project the_rehearsal the_review the_trip the_wedding the_workshop",
    "thing": "elephants computers pizza the_moon | airplanes bees castles diamonds dolphins earthquakes football glaciers jellyfish mars penguins "
    "pyramids rainbows robots sharks submarines the_internet the_sun tigers volcanoes whales chess",
}

# How values of each kind are put together; the more often a form is listed, the more often it is drawn.
_FORMS = {
    "area": ["room", "room", "room", "owner room", "manner room"],
    "floor": ["storey"],
    "message": ["speaker event"],
    "search_query": ["style work", "style work", "person style work", "style"],
    "item": ["food", "food", "quality food", "task"],
    "timer_name": ["timer", "timer", "owner timer", "quality timer"],
    "zone": ["zone", "zone", "manner zone"],
    "light": ["manner light", "place light", "owner light", "manner place light"],
    "switch": ["switch", "manner switch", "owner switch", "room switch"],
    "person": ["person"],
    "weather": ["weather"],
    "todo": ["todo", "owner todo"],
    "scene": ["scene", "scene", "owner scene"],
    "script": ["script"],
    "day": ["day"],
    "topic": ["topic"],
    "thing": ["thing", "manner thing"],
}
_DEVICE_FORMS = ["{0}", "manner {0}", "owner {0}", "place {0}"]
_ALIASES = {"input_boolean": "switch", "input_button": "button", "todo_list_item": "item", "shopping_list_item": "item"}
_COMMANDS = {"turn_on": "light switch fan", "turn_off": "light switch fan media_player", "open": "cover", "close": "cover", "lock": "lock", "start": "vacuum"}


@dataclass
class Pools:
    """Draws values. ``held_share``: the part of the rarer words that training never sees."""

    seed: int
    held_share: float = 0.2
    seen: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = random.Random(f"pools {self.seed}")
        for name, text in _LISTS.items():
            common, rare = ([word.replace("_", " ") for word in half.split()] for half in text.split("|"))
            held = set(rng.sample(rare, round(self.held_share * len(rare))))
            self.seen[name] = [word for word in common + rare if word not in held]
            self.held[name] = sorted(held)

    def draw(self, kind: str, rng: random.Random, held: bool = False) -> str:
        """A value of a kind (a list name or an entity's domain); ``held``: one that holds a held-out word."""
        if kind == "timer_command":
            verb = rng.choice(list(_COMMANDS))
            return f"{verb.replace('_', ' ')} {rng.choice(['the ', ''])}{self.draw(rng.choice(_COMMANDS[verb].split()), rng, held)}"
        kind = _ALIASES.get(kind, kind)
        form = rng.choice(_FORMS.get(kind) or [form.format(kind) for form in _DEVICE_FORMS]).split()
        unseen = rng.randrange(len(form)) if held else -1
        return " ".join(rng.choice((self.held if at == unseen else self.seen)[part]) for at, part in enumerate(form))

    def numbers(self, low: int, high: int, step: int, held: bool) -> list[int]:
        """The numbers of a range that training draws, or those that it never draws (about one in ten, none below 10)."""
        every = range(low, high + 1, step)
        hidden = set(random.Random(f"numbers {self.seed}").sample(range(10, 10001), 999))
        hidden |= {n * 100 for n in hidden if n <= 100}
        chosen = [n for n in every if (n in hidden) == held]
        return chosen or list(every)
