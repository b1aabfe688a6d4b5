// A metrics adapter for tests: serves custom.metrics.k8s.io and external.metrics.k8s.io with values that a scenario sets
// over a loopback port. On sigs.k8s.io/custom-metrics-apiserver v1.37.0, pkg/cmd and pkg/provider.
//
//	GET    /values   {"values": [...]}, in the order in which they were set
//	PUT    /values   one value or a list of them; a value that is already there is replaced
//	DELETE /values   those named by the body (as for PUT, without "value"), or all of them if there is no body
//
// A value: {"metric", "value": quantity, "labels": {...}} and, for a custom metric, "resource" ("pods",
// "deployments.apps"), "namespace", and either "name" or "selector" (a label selector; "" is every object).
// "share": true divides the value among the objects that a query finds. "error": "…" makes the metric fail instead.
// Without "resource" it is an external metric; without "namespace" that is the same in all namespaces.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/component-base/logs"
	"k8s.io/klog/v2"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"k8s.io/metrics/pkg/apis/external_metrics"

	basecmd "sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/helpers"
)

// value is one number that somebody set, and for whom it counts.
type value struct {
	Resource  string            `json:"resource,omitempty"`
	Namespace string            `json:"namespace,omitempty"`
	Name      string            `json:"name,omitempty"`
	Selector  string            `json:"selector,omitempty"`
	Metric    string            `json:"metric"`
	Labels    map[string]string `json:"labels,omitempty"`
	Value     resource.Quantity `json:"value"`
	Share     bool              `json:"share,omitempty"`
	Error     string            `json:"error,omitempty"`
}

// key says which values are the same one, set again.
func (v value) key() string {
	key, _ := json.Marshal([]string{v.Resource, v.Namespace, v.Name, v.Selector, v.Metric, labels.Set(v.Labels).String()})
	return string(key)
}

// adapter is the provider of both metric APIs. Values are few, so every look-up walks over all of them.
type adapter struct {
	client dynamic.Interface
	mapper apimeta.RESTMapper
	lock   sync.Mutex
	// Replaced, never changed.
	values []value
}

// current gives the values of this moment. Nobody holds the lock while asking the API server anything: it may well
// ask back, for our discovery documents.
func (a *adapter) current() []value {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.values
}

// object is what a query for custom metrics found in the cluster.
type object struct {
	name   string
	labels labels.Set
}

// answers says whether the value is one for this resource, metric and series, whichever object it is of.
func (a *adapter) answers(v value, namespace string, info provider.CustomMetricInfo, metricSelector labels.Selector) bool {
	if v.Resource == "" || v.Metric != info.Metric || v.Namespace != namespace || !metricSelector.Matches(labels.Set(v.Labels)) {
		return false
	}
	own := provider.CustomMetricInfo{GroupResource: schema.ParseGroupResource(v.Resource), Metric: v.Metric, Namespaced: info.Namespaced}
	normalized, _, err := own.Normalized(a.mapper)
	return err == nil && normalized.GroupResource == info.GroupResource
}

// valuesOf gives each object its value: the one set by its name, else the first whose selector matches its labels.
func (a *adapter) valuesOf(objects []object, namespace string, info provider.CustomMetricInfo, metricSelector labels.Selector) ([]custom_metrics.MetricValue, error) {
	info, _, err := info.Normalized(a.mapper)
	if err != nil {
		return nil, err
	}
	values := a.current()
	chosen := make([]int, len(objects))
	sharers := map[int]int64{}
	for i, object := range objects {
		chosen[i] = -1
		for j, v := range values {
			if !a.answers(v, namespace, info, metricSelector) {
				continue
			}
			if v.Name == object.name {
				chosen[i] = j
				break
			}
			// Parsed when it was set, so it parses.
			if selector, err := labels.Parse(v.Selector); v.Name == "" && chosen[i] < 0 && err == nil && selector.Matches(object.labels) {
				chosen[i] = j
			}
		}
		sharers[chosen[i]]++
	}
	found := []custom_metrics.MetricValue{}
	for i, object := range objects {
		if chosen[i] < 0 {
			continue
		}
		v := values[chosen[i]]
		if v.Error != "" {
			return nil, errors.New(v.Error)
		}
		reference, err := helpers.ReferenceFor(a.mapper, types.NamespacedName{Namespace: namespace, Name: object.name}, info)
		if err != nil {
			return nil, err
		}
		number := v.Value
		if v.Share {
			number = *resource.NewMilliQuantity(v.Value.MilliValue()/sharers[chosen[i]], resource.DecimalSI)
		}
		identifier := custom_metrics.MetricIdentifier{Name: info.Metric}
		if !metricSelector.Empty() {
			if identifier.Selector, err = metav1.ParseToLabelSelector(metricSelector.String()); err != nil {
				return nil, err
			}
		}
		found = append(found, custom_metrics.MetricValue{DescribedObject: reference, Metric: identifier, Timestamp: metav1.Now(), Value: number})
	}
	return found, nil
}

// list reads the objects that a query is about, so that they are counted as the API server has them.
func (a *adapter) list(ctx context.Context, namespace string, info provider.CustomMetricInfo, options metav1.ListOptions) ([]object, error) {
	resource, err := helpers.ResourceFor(a.mapper, info)
	if err != nil {
		return nil, err
	}
	list, err := a.client.Resource(resource).Namespace(namespace).List(ctx, options)
	if err != nil {
		return nil, err
	}
	objects := []object{}
	for _, item := range list.Items {
		objects = append(objects, object{name: item.GetName(), labels: item.GetLabels()})
	}
	return objects, nil
}

// GetMetricByName is what an HPA's Object metric asks.
func (a *adapter) GetMetricByName(ctx context.Context, name types.NamespacedName, info provider.CustomMetricInfo, metricSelector labels.Selector) (*custom_metrics.MetricValue, error) {
	objects, err := a.list(ctx, name.Namespace, info, metav1.ListOptions{FieldSelector: "metadata.name=" + name.Name})
	if err != nil {
		return nil, err
	}
	found, err := a.valuesOf(objects, name.Namespace, info, metricSelector)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, provider.NewMetricNotFoundForSelectorError(info.GroupResource, info.Metric, name.Name, metricSelector)
	}
	return &found[0], nil
}

// GetMetricBySelector is what an HPA's Pods metric asks. No value for an object is no error: it is left out.
func (a *adapter) GetMetricBySelector(ctx context.Context, namespace string, selector labels.Selector, info provider.CustomMetricInfo, metricSelector labels.Selector) (*custom_metrics.MetricValueList, error) {
	objects, err := a.list(ctx, namespace, info, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, err
	}
	found, err := a.valuesOf(objects, namespace, info, metricSelector)
	if err != nil {
		return nil, err
	}
	return &custom_metrics.MetricValueList{Items: found}, nil
}

// ListAllMetrics is the discovery document of custom.metrics.k8s.io.
func (a *adapter) ListAllMetrics() []provider.CustomMetricInfo {
	infos := []provider.CustomMetricInfo{}
	seen := map[provider.CustomMetricInfo]bool{}
	for _, v := range a.current() {
		info := provider.CustomMetricInfo{GroupResource: schema.ParseGroupResource(v.Resource), Metric: v.Metric, Namespaced: v.Namespace != ""}
		if v.Resource != "" && !seen[info] {
			seen[info] = true
			infos = append(infos, info)
		}
	}
	return infos
}

// GetExternalMetric gives every series whose labels match. None at all is an empty list, as for a real backend.
func (a *adapter) GetExternalMetric(_ context.Context, namespace string, metricSelector labels.Selector, info provider.ExternalMetricInfo) (*external_metrics.ExternalMetricValueList, error) {
	found := []external_metrics.ExternalMetricValue{}
	for _, v := range a.current() {
		if v.Resource != "" || v.Metric != info.Metric || (v.Namespace != "" && v.Namespace != namespace) || !metricSelector.Matches(labels.Set(v.Labels)) {
			continue
		}
		if v.Error != "" {
			return nil, errors.New(v.Error)
		}
		found = append(found, external_metrics.ExternalMetricValue{MetricName: v.Metric, MetricLabels: v.Labels, Timestamp: metav1.Now(), Value: v.Value})
	}
	return &external_metrics.ExternalMetricValueList{Items: found}, nil
}

// ListAllExternalMetrics is the discovery document of external.metrics.k8s.io.
func (a *adapter) ListAllExternalMetrics() []provider.ExternalMetricInfo {
	infos := []provider.ExternalMetricInfo{}
	seen := map[string]bool{}
	for _, v := range a.current() {
		if v.Resource == "" && !seen[v.Metric] {
			seen[v.Metric] = true
			infos = append(infos, provider.ExternalMetricInfo{Metric: v.Metric})
		}
	}
	return infos
}

// valuesIn reads one value or a list of them.
func valuesIn(body []byte) ([]value, error) {
	values := []value{}
	if err := json.Unmarshal(body, &values); err != nil {
		var one value
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, err
		}
		values = []value{one}
	}
	for _, v := range values {
		if _, err := labels.Parse(v.Selector); err != nil || v.Metric == "" {
			return nil, fmt.Errorf("a value needs a metric and, if any, a label selector that parses: %+v", v)
		}
	}
	return values, nil
}

// ServeHTTP is the control port. A list of values is set in one step: no query sees half of it.
func (a *adapter) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, 16<<20))
	given := []value{}
	if err == nil && len(body) > 0 {
		given, err = valuesIn(body)
	}
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	switch request.Method {
	case http.MethodGet:
	case http.MethodPut:
		a.values = append(without(a.values, given), given...)
	case http.MethodDelete:
		if len(body) == 0 {
			given = a.values
		}
		a.values = without(a.values, given)
	default:
		http.Error(response, "GET, PUT or DELETE", http.StatusMethodNotAllowed)
		return
	}
	response.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(response).Encode(map[string][]value{"values": a.values})
}

// without gives the values whose keys are not among the given ones.
func without(values, given []value) []value {
	keys := map[string]bool{}
	for _, v := range given {
		keys[v.key()] = true
	}
	kept := []value{}
	for _, v := range values {
		if !keys[v.key()] {
			kept = append(kept, v)
		}
	}
	return kept
}

// listenOnLoopback refuses any other address: the control port has no authentication.
func listenOnLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("--control-address %q is not on loopback", address)
	}
	return net.Listen("tcp", address)
}

func run() error {
	base := &basecmd.AdapterBase{Name: "kwb-test-adapter"}
	controlAddress := base.Flags().String("control-address", "127.0.0.1:0", "loopback address and port where values are set")
	logs.AddFlags(base.Flags())
	if err := base.Flags().Parse(os.Args); err != nil {
		return err
	}
	listener, err := listenOnLoopback(*controlAddress)
	if err != nil {
		return err
	}
	client, err := base.DynamicClient()
	if err != nil {
		return err
	}
	mapper, err := base.RESTMapper()
	if err != nil {
		return err
	}
	values := &adapter{client: client, mapper: mapper, values: []value{}}
	base.WithCustomMetrics(values)
	base.WithExternalMetrics(values)

	mux := http.NewServeMux()
	mux.Handle("/values", values)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 3 * time.Second}
	go func() { klog.ErrorS(server.Serve(listener), "the control port has closed") }()
	klog.InfoS("values are set here", "address", listener.Addr().String())

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return base.Run(ctx)
}

func main() {
	logs.InitLogs()
	defer logs.FlushLogs()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
