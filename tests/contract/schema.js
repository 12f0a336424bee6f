// Another program's validator (ajv, JSON Schema 2020-12) and YAML reader over policies/policy.schema.json:
// every policy that is given fits. And of each it makes files that are wrong, in FOLDER: each key renamed,
// each key left out, each value of a list of words another word, a key that is of another kind of policy,
// index or payout, a number without its unit; of those the schema's answer is printed,
// a line each: "no NAME" or "yes NAME". node schema.js SCHEMA FOLDER POLICY...
const fs = require('fs'), path = require('path');
const Ajv = require('ajv/dist/2020'), yaml = require('yaml');
const [schemaFile, folder, ...policies] = process.argv.slice(2);
const schema = JSON.parse(fs.readFileSync(schemaFile, 'utf8'));
const fits = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
const parse = text => yaml.parse(text, { version: '1.2', schema: 'core', merge: false });
const write = (name, value) => {
    fs.writeFileSync(path.join(folder, name), yaml.stringify(value));
    console.log(`${fits(value) ? 'yes' : 'no'} ${name}`);
};
// Every map below a value, with what changes it and puts it back.
function* maps(value, at) {
    if (value === null || typeof value !== 'object') return;
    if (!Array.isArray(value)) yield [value, at];
    for (const key of Object.keys(value)) yield* maps(value[key], `${at}-${key}`);
}
for (const file of policies) {
    const whole = parse(fs.readFileSync(file, 'utf8')), base = path.basename(file, '.yaml');
    if (!fits(whole)) {
        console.log(`WRONG ${file}: ${JSON.stringify(fits.errors[0])}`);
        continue;
    }
    console.log(`right ${base}`);
    let count = 0;
    const foreign = (map, key, value) => {
        if (map === undefined || key in map) return;
        map[key] = value;
        write(`${base}.${count++}.foreign-${key}.yaml`, whole);
        delete map[key];
    };
    const alert = whole.kind === 'alert';
    foreign(whole, alert ? 'settlement' : 'persistence', alert ? 'settle_once' : 1);
    foreign(whole, alert ? 'settle_after' : 'next_update', '3 days');
    if (whole.index.take !== 'antecedent_rain') foreign(whole.index, 'keep', '85 %');
    if (whole.index.take !== 'wrsi') foreign(whole.index, 'holds', '60 mm');
    if (whole.payout && !whole.payout.form.startsWith('tick_')) foreign(whole.payout, 'tick', '1000 VND');
    if (whole.payout && whole.payout.form !== 'layer') foreign(whole.payout, 'ceded', '25 %');
    const rounding = whole.rounding, bare = typeof rounding === 'number';
    whole.rounding = bare ? '1 mm' : Number(String(rounding).split(' ')[0]);
    write(`${base}.${count++}.foreign-unit.yaml`, whole);
    whole.rounding = rounding;
    const seen = new Set();
    for (const [map, at] of [...maps(whole, '')]) {
        const kind = at.replace(/-[0-9]+/g, '');
        if (seen.has(kind)) continue; // one of a list is enough
        seen.add(kind);
        for (const key of Object.keys(map)) {
            const entries = Object.entries(map), kept = map[key];
            const set = list => {
                for (const old of Object.keys(map)) delete map[old];
                for (const [k, v] of list) map[k] = v;
            };
            set(entries.map(([k, v]) => [k === key ? `zz${k}` : k, v]));
            write(`${base}.${count++}.renamed${kind}-${key}.yaml`, whole);
            set(entries.filter(([k]) => k !== key));
            write(`${base}.${count++}.without${kind}-${key}.yaml`, whole);
            set(entries.map(([k, v]) => [k, k === key && typeof kept !== 'object' ? 'zz-no-such-word' : v]));
            write(`${base}.${count++}.word${kind}-${key}.yaml`, whole);
            set(entries);
        }
    }
}
