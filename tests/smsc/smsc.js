// An SMSC for tests: node smsc.js PORT [name=value ...], on the loopback, with the faults that are
// asked for. What it took is said on standard output, one line a message.
//   throttle_every=N  each N-th submit is answered "throttled"
//   refuse=STATUS     every submit is answered with this status
//   drop_after=N      the link is cut when N submits were taken and the last is not answered
//   receipt_ms=N      receipts come so long after their submit; receipt_first=1: before its answer
//   stat=WORD         state in the receipts; coding=8: their text in UTF-16; tlv=0: no parameters
//   decimal=1         ids are hexadecimal in answers and decimal in receipts
//   silent=1          binds, and answers nothing else
//   receipts=0        none is ever sent; query=N: who asks hears state N, else that it is not known
//   query_throttled=N the first N who ask are throttled
//   no_rx=1           nobody may bind to hear only
//   no_trx=1          transceivers are a command that it does not know
//   tls=KEY,CERT      speaks TLS only, with these files
//   mo=NUMBER,TEXT    sends this message in once somebody is bound
//   mo_sar=1          that text in two parts, the second first, by TLV; mo_udh=1: by a header
// Whoever binds is called "esme" or "esme-" and a word; receipts go to the newest bind of that name.
'use strict';
const fs = require('fs');
const path = require('path');
const smpp = require(require.resolve('smpp', {paths: [path.join(process.cwd(), 'build/npm/smsc')]}));
const port = Number(process.argv[2]);
const option = Object.fromEntries(process.argv.slice(3).map(a => [a.slice(0, a.indexOf('=')), a.slice(a.indexOf('=') + 1)]));
const bound = new Set(), parked = [];
let submits = 0, queries = 0, taken = 0, dropped = false, said = false;
const log = (...words) => console.log(words.join(' '));
const stamp = () => new Date().toISOString().replace(/[-:T]/g, '').slice(2, 12);

function deliver(who, pdu) {
    const session = [...bound].filter(one => one.who === who).pop(), letter = {who, pdu};
    if (!session) { parked.push(letter); return; }
    session.unanswered.add(letter); // what was lost with a link is said again on the next
    session.deliver_sm(pdu, answer => { session.unanswered.delete(letter); log('answered', answer.command_status); });
}

function receipt(who, pdu, id) {
    const state = option.stat || 'DELIVRD', shown = option.decimal ? String(parseInt(id, 16)) : id;
    const text = `id:${shown} sub:001 dlvrd:001 submit date:${stamp()} done date:${stamp()} stat:${state} err:000 text:${String(pdu.short_message.message).slice(0, 20)}`;
    const made = {source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4, short_message: text};
    if (option.coding) made.data_coding = Number(option.coding);
    if (option.tlv !== '0') Object.assign(made, {receipted_message_id: shown, message_state: state === 'DELIVRD' ? 2 : 5});
    deliver(who, made);
}

function submit(session, pdu) {
    submits++;
    if (option.silent) return;
    if (option.refuse) return session.send(pdu.response({command_status: Number(option.refuse)}));
    if (option.throttle_every && submits % Number(option.throttle_every) === 0) {
        log('throttled', submits);
        return session.send(pdu.response({command_status: smpp.ESME_RTHROTTLED}));
    }
    const id = (++taken).toString(16).padStart(8, '0');
    log('taken', id, pdu.source_addr, pdu.destination_addr, 'coding', pdu.data_coding, 'receipt', pdu.registered_delivery,
        'valid', pdu.validity_period, 'udh', pdu.short_message.udh ? Buffer.concat(pdu.short_message.udh.map(b => Buffer.from(b))).toString('hex') : '-',
        JSON.stringify(pdu.short_message.message));
    if (option.drop_after && taken >= Number(option.drop_after) && !dropped) { dropped = true; log('dropped'); bound.delete(session); return session.destroy(); }
    const wants = (pdu.registered_delivery & 1) && option.receipts !== '0';
    if (wants && option.receipt_first) receipt(session.who, pdu, id);
    setTimeout(() => {
        session.send(pdu.response({message_id: id}));
        // from here on: of two timers that are both overdue on a busy machine either may be the first
        if (wants && !option.receipt_first) setTimeout(() => receipt(session.who, pdu, id), Number(option.receipt_ms || 20));
    }, option.receipt_first ? 100 : 0);
}

function bind(session, pdu, receives) {
    if (option.no_trx && pdu.command === 'bind_transceiver')
        return session.send(new smpp.PDU('generic_nack', {sequence_number: pdu.sequence_number, command_status: smpp.ESME_RINVCMDID}));
    if (option.no_rx && pdu.command === 'bind_receiver') {
        session.send(pdu.response({command_status: smpp.ESME_RBINDFAIL}));
        return session.close();
    }
    if (!/^esme(-|$)/.test(pdu.system_id) || pdu.password !== 'pw') {
        session.send(pdu.response({command_status: smpp.ESME_RBINDFAIL}));
        return session.close();
    }
    log('bound', pdu.command);
    session.send(pdu.response({system_id: 'TESTSMSC', sc_interface_version: 0x34}));
    session.who = pdu.system_id;
    if (!receives) return;
    bound.add(session);
    for (const letter of parked.splice(0)) deliver(letter.who, letter.pdu);
    if (option.mo && !said) {
        said = true;
        const [from, text] = [option.mo.slice(0, option.mo.indexOf(',')), option.mo.slice(option.mo.indexOf(',') + 1)];
        const parts = option.mo_sar || option.mo_udh ? [text.slice(0, text.length >> 1), text.slice(text.length >> 1)] : [text];
        parts.map((part, i) => ({
            source_addr: from, destination_addr: '8079',
            ...(option.mo_udh ? {esm_class: 0x40, short_message: {udh: Buffer.from([5, 0, 3, 7, 2, i + 1]), message: part}} : {short_message: part}),
            ...(option.mo_sar ? {sar_msg_ref_num: 700, sar_total_segments: 2, sar_segment_seqnum: i + 1} : {}),
        })).reverse().forEach(pdu => deliver(session.who, pdu));
    }
}

function query(session, pdu) {
    log('asked', pdu.message_id, pdu.source_addr);
    if (++queries <= Number(option.query_throttled || 0)) return session.send(pdu.response({command_status: smpp.ESME_RTHROTTLED}));
    session.send(pdu.response(option.query ? {message_id: pdu.message_id, final_date: '', message_state: Number(option.query), error_code: 7}
        : {command_status: smpp.ESME_RQUERYFAIL}));
}

function serve(session) {
    session.on('error', error => log('error', error.code || error.message)); // without it one bad packet ends the server
    session.unanswered = new Set();
    session.on('close', () => { bound.delete(session); parked.push(...session.unanswered); });
    session.on('bind_transceiver', pdu => bind(session, pdu, true));
    session.on('bind_transmitter', pdu => bind(session, pdu, false));
    session.on('bind_receiver', pdu => bind(session, pdu, true));
    session.on('query_sm', pdu => query(session, pdu));
    session.on('enquire_link', pdu => session.send(pdu.response()));
    session.on('unbind', pdu => { log('unbound'); session.send(pdu.response()); session.close(); });
    session.on('unknown', pdu => session.send(pdu.response()));
    session.on('submit_sm', pdu => submit(session, pdu));
}

const [key, cert] = (option.tls || '').split(',').map(file => file && fs.readFileSync(file));
const server = key ? smpp.createServer({key, cert}, serve) : smpp.createServer(serve);
server.listen(port, '127.0.0.1', () => log('listening', port));
