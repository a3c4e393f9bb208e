// Builds the directory of a Flux Kustomization with the code that kustomize-controller uses:
//
//	kustomization ROOT DIRECTORY DEFINITION.yaml VARIABLES
//
// VARIABLES is a JSON object of texts, or empty where nothing is substituted. A variable without a value and without a
// default is an error, as in Flux 2.9. What is built goes to the standard output. DIRECTORY, which is relative to ROOT,
// is left as it was.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/yaml"
)

func main() {
	text, err := run(os.Args[1], filepath.Join(os.Args[1], os.Args[2]), os.Args[3], os.Args[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(text)
}

func run(root, directory, definition, variables string) ([]byte, error) {
	object, err := read(definition)
	if err != nil {
		return nil, err
	}
	objects, err := build(root, directory, object)
	if err != nil {
		return nil, err
	}
	if variables != "" {
		if err := substitute(objects, object, variables); err != nil {
			return nil, err
		}
	}
	return objects.AsYaml()
}

func read(path string) (unstructured.Unstructured, error) {
	object := unstructured.Unstructured{}
	data, err := os.ReadFile(path)
	if err != nil {
		return object, err
	}
	return object, yaml.Unmarshal(data, &object.Object)
}

func build(root, directory string, object unstructured.Unstructured) (resmap.ResMap, error) {
	action, err := kustomize.NewGenerator(root, object).WriteFile(directory, kustomize.WithSaveOriginalKustomization())
	if err != nil {
		return nil, err
	}
	objects, err := kustomize.SecureBuild(root, directory, false)
	if cleaned := kustomize.CleanDirectory(directory, action); err == nil {
		err = cleaned
	}
	return objects, err
}

func substitute(objects resmap.ResMap, object unstructured.Unstructured, variables string) error {
	values := map[string]string{}
	if err := json.Unmarshal([]byte(variables), &values); err != nil {
		return err
	}
	if err := unstructured.SetNestedStringMap(object.Object, values, "spec", "postBuild", "substitute"); err != nil {
		return err
	}
	options := []kustomize.SubstituteOption{kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(true)}
	for _, each := range objects.Resources() {
		changed, err := kustomize.SubstituteVariables(context.Background(), nil, object, each, options...)
		if err != nil {
			return err
		}
		if changed == nil {
			continue
		}
		if _, err := objects.Replace(each); err != nil {
			return err
		}
	}
	return nil
}
