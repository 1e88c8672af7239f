'use strict';

/* The Bot API server of the npm package telegram-test-api, and its users, for tests/live/test_telegram_api.py.
 *
 *   node server.js PORT TOKEN_FILE      on 127.0.0.1, for the bot of that token; ends at the end of input
 *
 * Lines of JSON come in, each carried out before the next one is begun. `user` is a number; `chat` is the same one
 * unless it is given (with "type":"group"); `name` and `language` (of the person's app) may be left out:
 *
 *   {"do":"text","user":1001,"name":"Ola","text":"hei"}
 *   {"do":"command","user":1001,"text":"/start"}
 *   {"do":"content","user":1001,"content":{"location":{"latitude":59.1,"longitude":11.2}}}     a message without text
 *   {"do":"press","user":1001,"message":17,"data":"…"}    without `message`: as of one that the network knows no more
 *   {"do":"calls"}
 *
 * And lines of JSON go out: {"event":"ready"}, {"event":"done","do":…} after each line that came in, and
 *
 *   {"event":"message","chat":1001,"message":17,"text":…,"parse_mode":…,"reply_markup":…,
 *    "buttons":[["label","data"]…],"body":[the names of all members that the bot sent]}
 *   {"event":"edited",…}                                  the same message, whose buttons are now others
 *   {"event":"calls","calls":{"getUpdates":3…},"strange":[calls that were not POST with JSON]}
 *   {"event":"error","error":…}
 *
 * Two habits of the package shape this program. Its client's getUpdates goes on polling after its time is over, and what
 * it then reads is lost: so it is given no end, and each chat has one reader. And what it reads is marked as read at once,
 * by the bot too: what a bot read before it died is never given again, whatever `offset` says. */

const fs = require('fs');
const readline = require('readline');
const TelegramServer = require('telegram-test-api');

const READ_EVERY_MS = 20;
const KEPT_SECONDS = 24 * 3600;

const [port, tokenFile] = process.argv.slice(2);
const token = fs.readFileSync(tokenFile, 'utf8').split('\n')[0].trim();
const server = new TelegramServer({ host: '127.0.0.1', port: Number(port), storeTimeout: KEPT_SECONDS });

const clients = new Map(); // "chat user" → the package's client
const readers = new Set(); // chats that are read
const shown = new Map(); // message id → its reply_markup as it was told last, as JSON
const calls = {};
const strange = [];

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function tellError(error) {
  tell({ event: 'error', error: String((error && error.stack) || error) });
}

/** What a user sees of a message of the bot. */
function tellMessage(event, update) {
  const { message } = update;
  const rows = (message.reply_markup && message.reply_markup.inline_keyboard) || [];
  shown.set(update.messageId, JSON.stringify(message.reply_markup));
  tell({
    event,
    chat: Number(message.chat_id),
    message: update.messageId,
    text: message.text,
    parse_mode: message.parse_mode,
    reply_markup: message.reply_markup,
    buttons: rows.flat().map((button) => [button.text, button.callback_data]),
    body: Object.keys(message),
  });
}

/** Tells what the chat receives, for as long as the program runs. */
async function read(client) {
  for (;;) {
    const updates = await client.getUpdates();
    updates.result.forEach((update) => tellMessage('message', update));
  }
}

function clientOf(line) {
  const chat = line.chat || line.user;
  const key = `${chat} ${line.user}`;
  if (!clients.has(key)) {
    clients.set(key, server.getClient(token, {
      userId: line.user,
      chatId: chat,
      firstName: line.name || 'Ukjent',
      userName: `bruker${line.user}`,
      type: line.type || 'private',
      timeout: Infinity,
      interval: READ_EVERY_MS,
    }));
  }
  if (!readers.has(chat)) {
    readers.add(chat);
    read(clients.get(key)).catch(tellError);
  }
  return clients.get(key);
}

/** The members of a message that the package's client leaves out. */
function from(line) {
  return line.language ? { from: { language_code: line.language } } : {};
}

/** The bot's messages, as they stand now; the history has the users' messages and presses too. */
async function sentByBot(client) {
  const updates = await client.getUpdatesHistory();
  return updates.filter((one) => one.message && one.message.chat_id !== undefined);
}

/** A message of the bot as it comes back with the press of one of its buttons. */
async function pressed(client, line) {
  if (line.message === undefined) return {};
  const update = (await sentByBot(client)).find((one) => one.messageId === line.message);
  if (!update) throw new Error(`there is no message ${line.message} of the bot`);
  return {
    message: {
      message_id: update.messageId,
      date: Math.floor(update.time / 1000),
      text: update.message.text,
      reply_markup: update.message.reply_markup,
    },
  };
}

const actions = {
  async text(line) {
    const client = clientOf(line);
    await client.sendMessage(client.makeMessage(line.text, from(line)));
  },
  async command(line) {
    const client = clientOf(line);
    await client.sendCommand(client.makeCommand(line.text, from(line)));
  },
  async content(line) {
    const client = clientOf(line);
    await client.sendMessage(client.makeMessage(undefined, { ...from(line), ...line.content }));
  },
  async press(line) {
    const client = clientOf(line);
    await client.sendCallback(client.makeCallbackQuery(line.data, { ...from(line), ...await pressed(client, line) }));
  },
  async calls() {
    tell({ event: 'calls', calls, strange });
  },
};

async function carryOut(text) {
  try {
    const line = JSON.parse(text);
    await actions[line.do](line);
    tell({ event: 'done', do: line.do });
  } catch (error) {
    tellError(error);
  }
}

function countCall(request) {
  const [, method] = /^\/bot[^/]+\/(\w+)$/.exec(request.url) || [];
  if (!method) return; // a user's
  calls[method] = (calls[method] || 0) + 1;
  const type = request.headers['content-type'] || '';
  if (request.method !== 'POST' || !type.startsWith('application/json')) {
    strange.push({ method, verb: request.method, type });
  }
}

/** Which messages have other buttons than were told. The package says only that some message was edited. */
async function tellEdits() {
  const updates = await sentByBot(server.getClient(token));
  updates.filter((one) => shown.has(one.messageId)
    && shown.get(one.messageId) !== JSON.stringify(one.message.reply_markup))
    .forEach((one) => tellMessage('edited', one));
}

async function main() {
  await server.start();
  server.server.on('request', countCall);
  server.on('EditedMessageReplyMarkup', () => tellEdits().catch(tellError));
  tell({ event: 'ready' });
  for await (const text of readline.createInterface({ input: process.stdin })) await carryOut(text);
  process.exit(0);
}

main().catch((error) => {
  tellError(error);
  process.exit(1);
});
