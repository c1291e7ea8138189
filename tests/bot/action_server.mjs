// A business's action server: Rasa's protocol as rasa-sdk answers it, as much as the tests need.
// Prints its port, then serves until its standard input ends.
import http from "node:http";

const actions = {
  action_weather({ tracker }) {
    const { city } = tracker.slots;
    if (!city) return { status: 400, body: { action_name: "action_weather", error: "no city" } };
    return {
      events: [{ event: "slot", timestamp: null, name: "degrees", value: city.length * 3 }],
      responses: [
        {
          text: `Looked at ${city} for “${tracker.latest_message.text}”.`,
          buttons: [], elements: [], custom: {}, template: null, response: null,
          image: null, attachment: null,
        },
      ],
    };
  },
  validate_city({ tracker, domain }) {
    const known = domain.slots.city.type === "text" && tracker.slots.city !== "Atlantis";
    return { events: [{ event: "slot", name: "city", value: known ? tracker.slots.city : null }] };
  },
};

const server = http.createServer((request, response) => {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    const call = JSON.parse(text);
    const action = actions[call.next_action];
    const { status = 200, body, ...answer } = action
      ? action(call)
      : { status: 404, body: { error: `No registered action ${call.next_action}` } };
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body ?? { events: [], responses: [], ...answer }));
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
